package directory

// WithBatchSize lets a test compare batches of several sizes.
func WithBatchSize(o Options, rows int) Options {
	o.batchSize = rows
	return o
}

var ProposeUsername = proposeUsername
