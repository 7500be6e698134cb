CREATE TABLE "user"."connected_accounts" (
	"user_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"platform" text NOT NULL,
	"connected_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "connected_accounts_pk" PRIMARY KEY("user_id","account_id")
);
--> statement-breakpoint
CREATE TABLE "user"."role_entitlements" (
	"role_id" uuid NOT NULL,
	"entitlement" text NOT NULL,
	CONSTRAINT "role_entitlements_pk" PRIMARY KEY("role_id","entitlement")
);
--> statement-breakpoint
CREATE TABLE "user"."user_activity" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"campaigns_created" integer NOT NULL,
	"last_campaign_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user"."user_plans" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"plan" text NOT NULL,
	"features" text[] NOT NULL,
	"since" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "user"."user_roles" ADD COLUMN "by_plan" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "user"."connected_accounts" ADD CONSTRAINT "connected_accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "user"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."role_entitlements" ADD CONSTRAINT "role_entitlements_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "user"."roles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."user_activity" ADD CONSTRAINT "user_activity_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "user"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."user_plans" ADD CONSTRAINT "user_plans_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "user"."users"("id") ON DELETE cascade ON UPDATE no action;