// Package roster holds the two documents that describe the service from the
// outside: what its API is, and what it is made of on AWS. They are embedded, so
// that the function docs can serve the one, and not_found and localdev can read
// the routes from the other.
//
// It refuses to hold anything else: code lives in the packages below it.
package roster

import _ "embed"

// OpenAPI is openapi.yaml, the description of the API.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Template is template.yaml, the AWS SAM template. Package sam reads it.
//
//go:embed template.yaml
var Template []byte
