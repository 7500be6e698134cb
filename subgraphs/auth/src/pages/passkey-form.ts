import { type Html, html } from './html.ts';
import { passkeyScriptTag } from './passkey-script.ts';

type PasskeyForm = {
  /** Path of the interaction. */
  action: string;
  csrf: string;
  /** Below which the script is. */
  issuer: string;
  /** What the browser is asked to do. */
  ceremony: 'get' | 'create';
  /** The steps that give what it needs, and take its answer. */
  start: string;
  finish: string;
  label: string;
  /** When another button of the page stands out. */
  plain?: boolean;
};

/** A form that the script shows where the browser knows passkeys. Without scripts it stays hidden, and nothing is missed. */
export const passkeyForm = (
  form: PasskeyForm,
): Html => html`<form method="post" action="${form.action}/${form.finish}" data-passkey="${form.ceremony}" data-start="${form.action}/${form.start}" hidden>
<input type="hidden" name="csrf" value="${form.csrf}">
<input type="hidden" name="method" value="PASSKEY">
<input type="hidden" name="passkey" value="">
<button type="submit"${form.plain && html` class="plain"`}>${form.label}</button>
<p class="problem" role="alert" hidden>That did not work. Try again, or use another way.</p>
</form>
${passkeyScriptTag(form.issuer)}`;
