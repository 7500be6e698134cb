CREATE TABLE "auth"."consent" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"client_id" uuid NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "consent_tenant_id_user_id_client_id_pk" PRIMARY KEY("tenant_id","user_id","client_id")
);
--> statement-breakpoint
CREATE TABLE "auth"."session_client" (
	"tenant_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"client_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"told_at" timestamp (3) with time zone,
	CONSTRAINT "session_client_tenant_id_session_id_client_id_pk" PRIMARY KEY("tenant_id","session_id","client_id")
);
--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ALTER COLUMN "secret_hash" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "grant_types" text[] DEFAULT '{"client_credentials"}' NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "auth_method" text DEFAULT 'client_secret_basic' NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "redirect_uris" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "post_logout_redirect_uris" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "backchannel_logout_uri" text;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "jwks" jsonb;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "first_party" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."oauth_client" ADD COLUMN "dpop_bound" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."signing_key" ADD COLUMN "status_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "consent_client" ON "auth"."consent" USING btree ("tenant_id","client_id");--> statement-breakpoint
CREATE INDEX "session_client_created_at" ON "auth"."session_client" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "signing_key_next" ON "auth"."signing_key" USING btree ("tenant_id") WHERE status = 'next';