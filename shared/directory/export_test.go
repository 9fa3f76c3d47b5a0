package directory

// Check lets a test check one row.
var Check = check
