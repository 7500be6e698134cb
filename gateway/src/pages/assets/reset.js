import { resetPassword } from './documents.js';
import { finish, onSubmit, takeCode } from './form.js';
import { ask } from './graphql.js';

const code = takeCode();
if (code) {
  onSubmit(async ({ password }) => {
    await ask(resetPassword, { input: { code, password } });
    finish('Your password is set. You can sign in with it now.');
  });
}
