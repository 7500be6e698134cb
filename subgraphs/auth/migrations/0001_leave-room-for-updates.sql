-- Consumed tokens and sessions seen are updated in place (HOT) when their page has room.
ALTER TABLE "auth"."oidc_artifact" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "auth"."session" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "auth"."credential" SET (fillfactor = 80);
