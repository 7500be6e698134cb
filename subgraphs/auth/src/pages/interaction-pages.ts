import type { Brand } from './brand.ts';
import { type Html, html } from './html.ts';
import { page, problem } from './page.ts';
import { passkeyForm } from './passkey-form.ts';

export type Form = {
  brand: Brand;
  /** Path of the interaction. */
  action: string;
  /** Ties the form to the interaction. */
  csrf: string;
  clientName: string;
  /** Below which the script of the pages is. */
  issuer: string;
};

export const token = ({ csrf }: Form): Html => html`<input type="hidden" name="csrf" value="${csrf}">`;

export const cancel = (form: Form): Html => html`<form method="post" action="${form.action}/abort">
${token(form)}
<button type="submit" class="plain">Cancel</button>
</form>`;

/** Asks who somebody is. */
export const loginPage = (
  form: Form & {
    identifier: string;
    problem?: string | undefined;
    providers: readonly { id: string; name: string }[];
    passwordSignIn: boolean;
  },
): string =>
  page(
    form.brand,
    'Sign in',
    html`<p>to continue to <strong>${form.clientName}</strong></p>
${problem(form.problem)}
${form.passwordSignIn && passwordForm(form)}
${passkeyForm({
  ...form,
  ceremony: 'get',
  start: 'start-passkey-sign-in',
  finish: 'sign-in-with-passkey',
  label: 'Sign in with a passkey',
  plain: true,
})}
${form.providers.map(
  ({ id, name }) => html`<form method="post" action="${form.action}/federation">
${token(form)}
<input type="hidden" name="providerId" value="${id}">
<button type="submit">Continue with ${name}</button>
</form>
`,
)}${cancel(form)}`,
  );

const passwordForm = (form: Form & { identifier: string }): Html =>
  html`<form method="post" action="${form.action}/login">
${token(form)}
<label>E-mail address or username
<input name="identifier" type="text" value="${form.identifier}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="320">
</label>
<label>Password
<input name="password" type="password" autocomplete="current-password" required maxlength="512">
</label>
<button type="submit">Sign in</button>
</form>`;

/** Asks what a client may have. */
export const consentPage = (form: Form & { scopes: readonly string[]; email: string }): string =>
  page(
    form.brand,
    `${form.clientName} asks for access`,
    html`<p>You are signed in as <strong>${form.email}</strong>. <strong>${form.clientName}</strong> wants to:</p>
<ul>
${form.scopes.map((scope) => html`<li>${describe(scope)}</li>\n`)}
</ul>
<form method="post" action="${form.action}/consent">
${token(form)}
<button type="submit">Allow</button>
</form>
${cancel(form)}`,
  );

const descriptions: Record<string, string> = {
  openid: 'know who you are',
  profile: 'see your name, language and time zone',
  email: 'see your e-mail address',
  offline_access: 'stay signed in',
};

/** A permission that a tenant has named is told by its name. */
const describe = (scope: string): string =>
  Object.hasOwn(descriptions, scope) ? (descriptions[scope] ?? scope) : `use your permission ${scope}`;
