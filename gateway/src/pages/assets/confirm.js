import { confirmRegistration } from './documents.js';
import { finish, onSubmit, takeCode } from './form.js';
import { ask } from './graphql.js';

const code = takeCode();
if (code) {
  onSubmit(async ({ password }) => {
    await ask(confirmRegistration, { input: { code, ...(password && { password }) } });
    finish('Your account is active. You can sign in now.');
  });
}
