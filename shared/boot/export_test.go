package boot

// Concurrency is concurrency.
func (e *Environment) Concurrency() int32 { return e.concurrency() }
