import { finish, onSubmit, takeCode } from './form.js';
import { ask } from './graphql.js';

const code = takeCode();
const resetPassword = `mutation ($input: ResetPasswordInput!) {
  resetPassword(input: $input) { endedSessions }
}`;

if (code) {
  onSubmit(async ({ password }) => {
    await ask(resetPassword, { input: { code, password } });
    finish('Your password is set. You can sign in with it now.');
  });
}
