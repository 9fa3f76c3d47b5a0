package directory

// These let a test ask for one step of an import.
var (
	ProposeUsername = proposeUsername
	Check           = check
)
