// @apollo/gateway sends metrics to its vendor unless this is set before it is constructed. Imported first, everywhere.
process.env.APOLLO_TELEMETRY_DISABLED = 'true';
