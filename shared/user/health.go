package user

import "context"

// Pinger checks that the database answers.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Health returns nil if the database answers.
func Health(ctx context.Context, db Pinger) error { return db.Ping(ctx) }
