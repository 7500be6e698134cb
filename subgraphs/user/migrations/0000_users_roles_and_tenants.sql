CREATE SCHEMA IF NOT EXISTS "user";
--> statement-breakpoint
CREATE TABLE "user"."outbox" (
	"position" bigserial PRIMARY KEY NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"data" jsonb NOT NULL,
	"traceparent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "outbox_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "user"."permissions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text collate "C" NOT NULL,
	"description" text,
	"system" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user"."processed_event" (
	"group_name" text NOT NULL,
	"event_id" text NOT NULL,
	"processed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "processed_event_group_name_event_id_pk" PRIMARY KEY("group_name","event_id")
);
--> statement-breakpoint
CREATE TABLE "user"."role_inheritance" (
	"role_id" uuid NOT NULL,
	"inherits_id" uuid NOT NULL,
	CONSTRAINT "role_inheritance_pk" PRIMARY KEY("role_id","inherits_id")
);
--> statement-breakpoint
CREATE TABLE "user"."role_permissions" (
	"role_id" uuid NOT NULL,
	"permission_id" uuid NOT NULL,
	CONSTRAINT "role_permissions_pk" PRIMARY KEY("role_id","permission_id")
);
--> statement-breakpoint
CREATE TABLE "user"."roles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text collate "C" NOT NULL,
	"description" text,
	"system" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user"."tenant_domains" (
	"host" text PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user"."tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"primary_host" text NOT NULL,
	"public_url" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_slug" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "user"."user_roles" (
	"user_id" uuid NOT NULL,
	"role_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "user_roles_pk" PRIMARY KEY("user_id","role_id")
);
--> statement-breakpoint
CREATE TABLE "user"."users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"email_key" text collate "C" NOT NULL,
	"username" text,
	"username_key" text collate "C",
	"first_name" text,
	"first_name_key" text collate "C" DEFAULT '' NOT NULL,
	"last_name" text,
	"last_name_key" text collate "C" DEFAULT '' NOT NULL,
	"locale" text DEFAULT 'en' NOT NULL,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"status" text DEFAULT 'PENDING' NOT NULL,
	"status_reason" text,
	"avatar_document_id" uuid,
	"preferences" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"activated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"erase_at" timestamp (3) with time zone,
	"erased_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_status" CHECK (status in ('PENDING', 'ACTIVE', 'DISABLED', 'DEACTIVATED', 'DELETED') and (status = 'DELETED') = (deleted_at is not null))
);
--> statement-breakpoint
ALTER TABLE "user"."permissions" ADD CONSTRAINT "permissions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "user"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."role_inheritance" ADD CONSTRAINT "role_inheritance_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "user"."roles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."role_inheritance" ADD CONSTRAINT "role_inheritance_inherits_id_roles_id_fk" FOREIGN KEY ("inherits_id") REFERENCES "user"."roles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."role_permissions" ADD CONSTRAINT "role_permissions_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "user"."roles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."role_permissions" ADD CONSTRAINT "role_permissions_permission_id_permissions_id_fk" FOREIGN KEY ("permission_id") REFERENCES "user"."permissions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."roles" ADD CONSTRAINT "roles_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "user"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."tenant_domains" ADD CONSTRAINT "tenant_domains_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "user"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."user_roles" ADD CONSTRAINT "user_roles_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "user"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."user_roles" ADD CONSTRAINT "user_roles_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "user"."roles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."users" ADD CONSTRAINT "users_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "user"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "permissions_name" ON "user"."permissions" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE INDEX "processed_event_processed_at" ON "user"."processed_event" USING btree ("processed_at");--> statement-breakpoint
CREATE INDEX "role_inheritance_inherits" ON "user"."role_inheritance" USING btree ("inherits_id");--> statement-breakpoint
CREATE INDEX "role_permissions_permission" ON "user"."role_permissions" USING btree ("permission_id");--> statement-breakpoint
CREATE UNIQUE INDEX "roles_name" ON "user"."roles" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE INDEX "tenant_domains_tenant" ON "user"."tenant_domains" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "user_roles_role" ON "user"."user_roles" USING btree ("role_id","user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "user"."users" USING btree ("tenant_id","email_key") WHERE deleted_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "users_username_key" ON "user"."users" USING btree ("tenant_id","username_key") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "users_by_creation" ON "user"."users" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "users_by_status" ON "user"."users" USING btree ("tenant_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "users_by_email" ON "user"."users" USING btree ("tenant_id","email_key","id");--> statement-breakpoint
CREATE INDEX "users_by_last_name" ON "user"."users" USING btree ("tenant_id","last_name_key","id");--> statement-breakpoint
CREATE INDEX "users_by_first_name" ON "user"."users" USING btree ("tenant_id","first_name_key");--> statement-breakpoint
CREATE INDEX "users_by_username" ON "user"."users" USING btree ("tenant_id","username_key");--> statement-breakpoint
CREATE INDEX "users_to_erase" ON "user"."users" USING btree ("erase_at") WHERE erase_at is not null;