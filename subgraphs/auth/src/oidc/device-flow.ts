import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { Brand } from '../pages/brand.ts';
import { html } from '../pages/html.ts';
import { page, problem } from '../pages/page.ts';

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

const action = ({ oidc }: KoaContextWithOIDC): string => oidc.urlFor('code_verification');
const xsrf = ({ oidc }: KoaContextWithOIDC): string => String(oidc.session?.state?.secret ?? '');

const problems: Record<string, string> = {
  NotFoundError: 'There is no such code.',
  ExpiredError: 'The code has expired. Start again on your device.',
  AlreadyUsedError: 'The code has been used already.',
  AbortedError: 'The sign-in was cancelled.',
  NoCodeError: 'Enter the code.',
};

/** The pages on which a person connects a device that has no browser (RFC 8628 §3.3). */
export const deviceFlow = (brand: Brand): DeviceFlow => ({
  enabled: true,
  /** 20 consonants, 8 of them: 25,600,000,000 codes (RFC 8628 §6.1). */
  charset: 'base-20',
  mask: '****-****',
  // What the device says about itself is not shown: whoever tricks a person with a code would choose it.
  deviceInfo: () => ({}),
  userCodeInputSource(ctx, _form, _out, error) {
    ctx.type = 'html';
    const prefilled = String(ctx.state.userCode ?? '');
    ctx.body = page(
      brand,
      'Connect a device',
      html`${problem(error && (problems[error.name] ?? 'This did not work. Start again on your device.'))}
<form method="post" action="${action(ctx)}">
<input type="hidden" name="xsrf" value="${xsrf(ctx)}">
<label>The code that your device shows
<input name="user_code" type="text" value="${prefilled}" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="32">
</label>
<button type="submit">Continue</button>
</form>`,
    );
  },
  userCodeConfirmSource(ctx, _form, client, _deviceInfo, userCode) {
    ctx.type = 'html';
    ctx.body = page(
      brand,
      'Connect this device?',
      html`<p><strong>${client.clientName ?? client.clientId}</strong> shows this code on your device:</p>
<p class="code">${userCode}</p>
<p>If the code differs, or you did not ask for it yourself just now, cancel.</p>
<form method="post" action="${action(ctx)}">
<input type="hidden" name="xsrf" value="${xsrf(ctx)}">
<input type="hidden" name="user_code" value="${userCode}">
<button type="submit" name="confirm" value="yes">Continue</button>
<button type="submit" name="abort" value="yes">Cancel</button>
</form>`,
    );
  },
  successSource(ctx) {
    ctx.type = 'html';
    ctx.body = page(
      brand,
      'Device connected',
      html`<p>You can close this page and go on on your device.</p>`,
    );
  },
});
