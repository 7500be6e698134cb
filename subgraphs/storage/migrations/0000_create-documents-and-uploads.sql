CREATE SCHEMA IF NOT EXISTS "storage";
--> statement-breakpoint
CREATE TABLE "storage"."document" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"tags" text[] NOT NULL,
	"size" bigint NOT NULL,
	"content_type" text DEFAULT 'application/octet-stream' NOT NULL,
	"sha256" text DEFAULT '' NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"reserved_for" uuid,
	"reserved_until" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"stored_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"content_removed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "storage"."upload" (
	"id" uuid PRIMARY KEY NOT NULL,
	"document_id" uuid NOT NULL,
	"expected_sha256" text,
	"state" text DEFAULT 'open' NOT NULL,
	"attempt" uuid,
	"lease_until" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "upload_document_id" UNIQUE("document_id")
);
--> statement-breakpoint
ALTER TABLE "storage"."upload" ADD CONSTRAINT "upload_document_id_document_id_fk" FOREIGN KEY ("document_id") REFERENCES "storage"."document"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "document_of_tenant" ON "storage"."document" USING btree ("tenant_id","id") WHERE status = 'stored';--> statement-breakpoint
CREATE INDEX "document_of_owner" ON "storage"."document" USING btree ("tenant_id","owner_id","id") WHERE status <> 'deleted';--> statement-breakpoint
CREATE INDEX "document_reserved_for" ON "storage"."document" USING btree ("reserved_for") WHERE reserved_for is not null;--> statement-breakpoint
CREATE INDEX "document_to_remove" ON "storage"."document" USING btree ("deleted_at") WHERE status = 'deleted' and content_removed_at is null;--> statement-breakpoint
CREATE INDEX "upload_expires_at" ON "storage"."upload" USING btree ("expires_at");