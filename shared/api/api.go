// Package api has one http.Handler for each endpoint, in a file of its name:
//
//	mux.Handle("POST /api/user/login", api.Login(db, parts))
//
// A handler decodes the request, calls one operation of package user, and defines
// the JSON of the answer. Package web has what all endpoints share. template.yaml
// says which path leads to which handler.
//
// The package refuses to decide anything about accounts, and to know how they
// are stored.
package api
