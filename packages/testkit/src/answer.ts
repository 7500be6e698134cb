/** What a subgraph answers. Its data are looked at, not worked with: as loosely typed as parsed JSON. */
export type Answer = {
  data: ReturnType<typeof JSON.parse>;
  errors?: { message: string; extensions: { code: string; fields?: { path: string; message: string }[] } }[];
};
