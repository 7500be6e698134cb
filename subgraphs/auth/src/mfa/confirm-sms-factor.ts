import { confirmCodeFactor } from './confirm-code-factor.ts';

export const confirmSmsFactor = confirmCodeFactor('sms');
