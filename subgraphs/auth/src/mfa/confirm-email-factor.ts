import { confirmCodeFactor } from './confirm-code-factor.ts';

export const confirmEmailFactor = confirmCodeFactor('email');
