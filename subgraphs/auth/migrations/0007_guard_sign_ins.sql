CREATE TABLE "auth"."blocked_address" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid,
	"range" text NOT NULL,
	"reason" text,
	"automatic" boolean NOT NULL,
	"created_by" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	CONSTRAINT "blocked_address_range" UNIQUE NULLS NOT DISTINCT("tenant_id","range")
);
--> statement-breakpoint
CREATE TABLE "auth"."network_guard" (
	"tenant_id" uuid NOT NULL,
	"network" text NOT NULL,
	"failures" integer NOT NULL,
	"accounts" text[] NOT NULL,
	"since" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"blocks" integer DEFAULT 0 NOT NULL,
	"last_blocked_at" timestamp (3) with time zone,
	CONSTRAINT "network_guard_tenant_id_network_pk" PRIMARY KEY("tenant_id","network")
);
--> statement-breakpoint
CREATE TABLE "auth"."risk_policy" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"ask_from" integer,
	"refuse_from" integer,
	"weights" jsonb NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."sign_in_place" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"network" text NOT NULL,
	"device" text NOT NULL,
	"ip_address" text NOT NULL,
	"first_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sign_in_place_user_id_network_device_pk" PRIMARY KEY("user_id","network","device")
);
--> statement-breakpoint
ALTER TABLE "auth"."credential" ADD COLUMN "lockouts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."credential" ADD COLUMN "familiar_failed_attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."credential" ADD COLUMN "familiar_last_failed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "auth"."credential" ADD COLUMN "familiar_locked_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "auth"."credential" ADD COLUMN "familiar_lockouts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."mfa_challenge" ADD COLUMN "mailed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."mfa_challenge" ADD COLUMN "risk" jsonb;--> statement-breakpoint
ALTER TABLE "auth"."mfa_guard" ADD COLUMN "lockouts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "blocked_address_expires_at" ON "auth"."blocked_address" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "network_guard_since" ON "auth"."network_guard" USING btree ("since");--> statement-breakpoint
CREATE INDEX "sign_in_place_last_seen_at" ON "auth"."sign_in_place" USING btree ("last_seen_at");