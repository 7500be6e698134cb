import type { Brand } from './brand.ts';
import { html } from './html.ts';
import { page, problem } from './page.ts';

type Told = { error: string; error_description?: string | undefined };

/** For a person whose request can't be answered with a redirect to the client. */
export const errorPage = (brand: Brand, { error, error_description: description }: Told): string =>
  page(
    brand,
    'This did not work',
    html`${problem(description ?? error)}
<p>Go back to the application and start again.</p>
<p><code>${error}</code></p>`,
  );
