import { html } from './html.ts';
import { cancel, type Form, token } from './interaction-pages.ts';
import { notice, page, problem } from './page.ts';

type SignUpForm = Form & {
  /** The one that a code was asked for. */
  email: string | null;
  problem?: string | undefined;
  notice?: string | undefined;
};

/** Asks who comes from a provider that tells no address for one, and for the code that was mailed there. */
export const signUpPage = (form: SignUpForm): string =>
  page(
    form.brand,
    form.email === null ? 'Your e-mail address' : 'Enter the code',
    html`<p>to continue to <strong>${form.clientName}</strong></p>
${problem(form.problem)}${notice(form.notice)}
${
  form.email !== null &&
  html`<form method="post" action="${form.action}/confirm-sign-up">
${token(form)}
<label>The code that was mailed to you
<input name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="64">
</label>
<button type="submit">Continue</button>
</form>`
}
<form method="post" action="${form.action}/request-sign-up-code">
${token(form)}
<label>${form.email === null ? 'An account needs an address that you read mail at' : 'Another address, or the same once more'}
<input name="email" type="email" value="${form.email ?? ''}" autocomplete="email" required maxlength="254">
</label>
<button type="submit"${form.email !== null && html` class="plain"`}>Mail me a code</button>
</form>
<form method="post" action="${form.action}/abandon-sign-up">
${token(form)}
<button type="submit" class="plain">Sign in another way</button>
</form>
${cancel(form)}`,
  );
