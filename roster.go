// Package roster holds the version, and the two documents that describe the
// service from the outside: what its API is, and what it is made of on AWS. They are
// embedded, so that the function docs can serve the one, and localdev can read the
// routes from the other.
//
// It refuses to hold anything else: code lives in the packages below it.
package roster

import _ "embed"

// Version is the version of Roster (semver.org). With "-dev" it is the one that the
// work is for, and not yet released. openapi.yaml and the first heading of
// CHANGELOG.md have the same one, held by a test, and GET /healthz answers it.
const Version = "1.0.0-dev"

// OpenAPI is openapi.yaml, the description of the API.
//
//go:embed openapi.yaml
var OpenAPI []byte

// OpenAPIJSON is OpenAPI as JSON, packed with gzip, for the function docs: make
// generate writes it.
//
//go:embed openapi.json.gz
var OpenAPIJSON []byte

// Template is template.yaml, the AWS SAM template. Package sam reads it.
//
//go:embed template.yaml
var Template []byte
