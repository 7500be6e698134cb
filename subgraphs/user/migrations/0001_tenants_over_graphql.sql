ALTER TABLE "user"."tenants" ALTER COLUMN "slug" SET DATA TYPE text collate "C";--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "status" text DEFAULT 'ACTIVE' NOT NULL;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "status_reason" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "primary_color" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "background_color" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "logo_url" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "support_url" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "sender_name" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "sender_address" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "seeded" text;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "erase_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD COLUMN "erased_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "tenants_to_erase" ON "user"."tenants" USING btree ("erase_at") WHERE erase_at is not null;--> statement-breakpoint
ALTER TABLE "user"."tenants" ADD CONSTRAINT "tenants_status" CHECK (status in ('ACTIVE', 'SUSPENDED', 'DELETED') and (status = 'DELETED') = (deleted_at is not null));