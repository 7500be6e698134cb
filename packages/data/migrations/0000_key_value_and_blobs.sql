CREATE SCHEMA IF NOT EXISTS "platform";
--> statement-breakpoint
CREATE TABLE "platform"."blob" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"size" bigint DEFAULT 0 NOT NULL,
	"sha256" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"touched_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "platform"."blob_chunk" (
	"blob_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "blob_chunk_blob_id_position_pk" PRIMARY KEY("blob_id","position")
);
--> statement-breakpoint
CREATE TABLE "platform"."key_value" (
	"key" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "platform"."blob_chunk" ADD CONSTRAINT "blob_chunk_blob_id_blob_id_fk" FOREIGN KEY ("blob_id") REFERENCES "platform"."blob"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "blob_name" ON "platform"."blob" USING btree ("name") WHERE completed_at is not null;--> statement-breakpoint
CREATE INDEX "blob_unfinished" ON "platform"."blob" USING btree ("touched_at") WHERE completed_at is null;--> statement-breakpoint
CREATE INDEX "key_value_expires_at" ON "platform"."key_value" USING btree ("expires_at") WHERE expires_at is not null;--> statement-breakpoint
ALTER TABLE "platform"."blob_chunk" ALTER COLUMN "data" SET STORAGE EXTERNAL;
