package directory

// ProposeUsername lets a test propose usernames without an import.
var ProposeUsername = proposeUsername
