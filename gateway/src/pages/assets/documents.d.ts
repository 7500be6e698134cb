export const confirmRegistration: string;
export const resetPassword: string;
