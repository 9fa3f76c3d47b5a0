package user

import "context"

// Pinger checks that the database answers and takes writes.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Health returns nil if the database answers and takes writes.
func Health(ctx context.Context, db Pinger) error { return db.Ping(ctx) }
