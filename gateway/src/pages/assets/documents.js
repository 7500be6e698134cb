/** What the pages send. The gateway trusts these documents whatever its manifests say. */
export const confirmRegistration = `mutation ($input: ConfirmRegistrationInput!) {
  confirmRegistration(input: $input) { __typename }
}`;

export const resetPassword = `mutation ($input: ResetPasswordInput!) {
  resetPassword(input: $input) { endedSessions }
}`;
