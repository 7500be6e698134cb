import type { MfaMethod } from '../../generated/resolvers.ts';
import type { Brand } from './brand.ts';
import { type Html, html } from './html.ts';
import { cancel, type Form, token } from './interaction-pages.ts';
import { notice, page, problem } from './page.ts';
import { passkeyForm } from './passkey-form.ts';

const nameOf: Record<Exclude<MfaMethod, 'PASSKEY'>, string> = {
  TOTP: 'Code of your authenticator app',
  EMAIL: 'Code that was mailed to you',
  SMS: 'Code that was sent to your phone',
  BACKUP_CODE: 'One of your backup codes',
};

type SecondFactorForm = Form & {
  methods: readonly MfaMethod[];
  /** The one that was used last. */
  method?: string | undefined;
  problem?: string | undefined;
  notice?: string | undefined;
  /** Seconds that a remembered device is not asked; null where none is remembered. */
  deviceTtl: number | null;
};

/** Asks for a second factor of the account. */
export const secondFactorPage = (form: SecondFactorForm): string => {
  const withPasskey = form.methods.includes('PASSKEY');
  const codes = form.methods.filter((method) => method !== 'PASSKEY');
  return page(
    form.brand,
    'Confirm that it is you',
    html`<p>to continue to <strong>${form.clientName}</strong></p>
${problem(form.problem)}${notice(form.notice)}
${withPasskey && [showPasskey(form), html`<noscript><p>A passkey needs JavaScript.</p></noscript>`]}
${codes.length > 0 && codeForm(form, codes)}
${codes.includes('EMAIL') && sendCode(form, 'EMAIL', 'Mail me a code')}
${codes.includes('SMS') && sendCode(form, 'SMS', 'Text me a code')}
${cancel(form)}`,
  );
};

const showPasskey = (form: Form): Html =>
  passkeyForm({
    ...form,
    ceremony: 'get',
    start: 'start-passkey-sign-in',
    finish: 'verify-mfa',
    label: 'Use your passkey',
  });

function codeForm(form: SecondFactorForm, codes: readonly (keyof typeof nameOf)[]): Html {
  const chosen = codes.find((name) => name === form.method) ?? codes[0];
  return html`<form method="post" action="${form.action}/verify-mfa">
${token(form)}
<fieldset>
<legend>What do you have at hand?</legend>
${codes.map(
  (method) => html`<label class="choice">
<input type="radio" name="method" value="${method}"${method === chosen && html` checked`} required>
${nameOf[method]}
</label>
`,
)}</fieldset>
${codeField}
${form.deviceTtl !== null && rememberDevice(form.deviceTtl)}
<button type="submit">Continue</button>
</form>`;
}

const rememberDevice = (seconds: number): Html => html`<label class="choice">
<input type="checkbox" name="rememberDevice" value="yes">
Do not ask on this device for ${Math.max(1, Math.round(seconds / 86_400))} days
</label>`;

const codeField: Html = html`<label>Code
<input name="code" type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required maxlength="64">
</label>`;

const sendCode = (
  form: Form,
  method: MfaMethod,
  words: string,
): Html => html`<form method="post" action="${form.action}/send-mfa-code">
${token(form)}
<input type="hidden" name="method" value="${method}">
<button type="submit" class="plain">${words}</button>
</form>`;

/** Asks somebody who has no second factor, and has to, to add one; `sms`: whether any are sent. */
export const enrolmentPage = (form: Form & { problem?: string | undefined; sms: boolean }): string =>
  page(
    form.brand,
    'Add a second factor',
    html`<p><strong>${form.clientName}</strong> can be used only with a second proof of who you are, beside your password: a passkey, or a code that an authenticator app on your phone shows or that is sent to you.</p>
${problem(form.problem)}
<form method="post" action="${form.action}/start-totp">
${token(form)}
<button type="submit">Set up an authenticator app</button>
</form>
${passkeyForm({
  ...form,
  ceremony: 'create',
  start: 'start-passkey',
  finish: 'confirm-passkey',
  label: 'Make a passkey',
})}
<form method="post" action="${form.action}/start-email-factor">
${token(form)}
<button type="submit">Have codes mailed</button>
</form>
${form.sms && smsForm(form)}
${cancel(form)}`,
  );

const smsForm = (form: Form): Html => html`<form method="post" action="${form.action}/start-sms-factor">
${token(form)}
<label>Mobile number, with its country code
<input name="phoneNumber" type="tel" autocomplete="tel" required maxlength="40">
</label>
<button type="submit">Have codes texted</button>
</form>`;

type CodeFactorForm = Form & {
  kind: 'email' | 'sms';
  problem?: string | undefined;
  notice?: string | undefined;
};

/** Asks for the code that was sent to add e-mail or SMS. */
export const codeFactorPage = (form: CodeFactorForm): string =>
  page(
    form.brand,
    'Enter the code',
    html`${problem(form.problem)}${notice(form.notice)}
<form method="post" action="${form.action}/confirm-${form.kind}-factor">
${token(form)}
<label>The code that was sent to you
<input name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="64">
</label>
<button type="submit">Continue</button>
</form>
<p><a href="${form.action}">Choose another way, or have another code sent</a></p>
${cancel(form)}`,
  );

type TotpForm = Form & {
  problem?: string | undefined;
  /** The QR code is an SVG document of our own making. */
  started?: { secret: string; qrCode: string } | undefined;
};

/** Shows the secret for an app, and asks for a code of it. */
export const totpPage = (form: TotpForm): string =>
  page(
    form.brand,
    'Set up your app',
    html`${problem(form.problem)}
${form.started && secretOf(form.started)}
<form method="post" action="${form.action}/confirm-totp">
${token(form)}
<label>The code that your app shows now
<input name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="64">
</label>
<button type="submit">Continue</button>
</form>
${!form.started && startAgain(form)}
${cancel(form)}`,
  );

const secretOf = ({ secret, qrCode }: { secret: string; qrCode: string }): Html =>
  html`<p>Scan this with your authenticator app:</p>
<div class="qr" role="img" aria-label="QR code; the key below says the same">${{ html: qrCode }}</div>
<p>Or type this key in: <code class="secret">${secret.match(/.{1,4}/g)?.join(' ') ?? secret}</code></p>`;

const startAgain = (form: Form): Html => html`<form method="post" action="${form.action}/start-totp">
${token(form)}
<button type="submit" class="plain">Start again with a new key</button>
</form>`;

type BackupCodes = { brand: Brand; clientName: string; backupCodes: readonly string[]; returnTo: string };

/** Shows backup codes, this once. */
export const backupCodesPage = ({ brand, clientName, backupCodes, returnTo }: BackupCodes): string =>
  page(
    brand,
    'Keep your backup codes',
    html`<p>Your second factor is set up. When you do not have it at hand, each of these codes signs you in once. They are not shown again: print them, or write them down.</p>
<ul class="codes">
${backupCodes.map((code) => html`<li><code>${code}</code></li>\n`)}</ul>
<p><a class="button" href="${returnTo}">Continue to ${clientName}</a></p>`,
  );
