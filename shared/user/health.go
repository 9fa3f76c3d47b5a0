package user

import "context"

// Pinger reports whether the database can be reached and takes writes.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Health returns nil when the service can do its work.
func Health(ctx context.Context, db Pinger) error { return db.Ping(ctx) }
