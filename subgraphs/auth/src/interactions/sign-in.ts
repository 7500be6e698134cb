import { acrOf, acrs } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { FindLoginDocument } from '../../generated/calls.ts';
import { checkPassword } from '../check-password.ts';
import { loginInput } from '../login.ts';
import { askSecondFactor } from '../mfa/ask-second-factor.ts';
import { isOffered } from '../mfa/requirement.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { originOf } from '../origin.ts';
import { askForNewPassword, type PasswordExpired } from '../passwords/password-expired.ts';
import { requirePasswordSignIn } from '../policies/require-password-sign-in.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import { judgeSignIn } from '../risk/judge-sign-in.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { ExternalSession } from '../tables/external-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { type BrowserSession, completeSignIn } from './complete-sign-in.ts';
import { demandsSecondFactor } from './demands-second-factor.ts';
import { limitSignIns } from './limit-sign-ins.ts';
import { type Interaction, requirePrompt } from './open-interaction.ts';

/**
 * Takes a person's password at an interaction: the same check, lock and answer as `login` of the API. Answers the
 * browser's session; until when the link for a new password is good, when this one is too old; undefined while a second factor is missing, for which the interaction then holds a challenge, and
 * when the client demands one of somebody who can have none, which it is told. INVALID_CREDENTIALS, BAD_USER_INPUT,
 * RATE_LIMITED; CONFLICT when no sign-in is asked for.
 */
export async function signIn(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  given: { request: unknown; deviceToken: string | undefined; client: ClientInfo },
): Promise<BrowserSession | PasswordExpired | undefined> {
  const { request, deviceToken, client } = given;
  requirePrompt(interaction, 'login');
  await limitSignIns(services, client);
  requirePasswordSignIn(issuer.tenant.policy);
  const { identifier, password } = readInput(loginInput, request);
  const tenantId = issuer.tenant.id;
  const { findLogin: subject } = await services.call('user', FindLoginDocument, { tenantId, identifier });
  return checkPassword(
    services,
    {
      tenantId,
      subject: subject ?? undefined,
      identifier,
      password,
      origin: originOf(client),
      deviceToken,
    },
    async (unit, _passwordHash, failures) => {
      if (!subject) throw new Error('a password was accepted for nobody');
      const expired = await askForNewPassword(services, unit, issuer.tenant.policy, { subject, client });
      if (expired) return expired;
      const login = { subject, amr: ['pwd'], deviceToken, client, failures };
      return goOn(services, unit, issuer, interaction, login);
    },
  );
}

/** What follows a first step that was good, whichever it was; answers as `signIn`. */
export async function goOn(
  services: Services,
  unit: UnitOfWork,
  issuer: Issuer,
  interaction: Interaction,
  first: {
    subject: Subject;
    amr: string[];
    deviceToken: string | undefined;
    client: ClientInfo;
    failures?: number;
    external?: ExternalSession | undefined;
  },
): Promise<BrowserSession | undefined> {
  const { subject, amr, client, external } = first;
  const demanded = demandsSecondFactor(interaction) && acrOf(amr) !== acrs.multiFactor;
  if (demanded && !(await canHaveSecondFactor(unit, subject))) return refuseClient(interaction);
  const { rememberedDevices } = issuer.tenant.policy;
  const proven = { ...first, deviceToken: rememberedDevices ? first.deviceToken : undefined };
  const risk = await judgeSignIn(services, unit, proven);
  const login = { ...proven, risk, interactionId: interaction.uid, demanded };
  if (await askSecondFactor(services, unit, login)) return undefined;
  return completeSignIn(unit, issuer, interaction, { subject, amr, client, risk, external });
}

const canHaveSecondFactor = async (unit: UnitOfWork, subject: Subject): Promise<boolean> =>
  (await findActiveFactors(unit.tx, subject)).length > 0 || (await isOffered(unit.tx, subject));

/** OpenID Connect Core Error Code unmet_authentication_requirements 1.0 § 2. */
async function refuseClient(interaction: Interaction): Promise<undefined> {
  interaction.result = {
    error: 'unmet_authentication_requirements',
    error_description: 'the account has no second factor and can have none',
  };
  await interaction.persist();
}
