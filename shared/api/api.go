// Package api is the HTTP of the domains: one http.Handler for each endpoint, in
// a file of its name. It decodes the request, calls the operation of package
// user, and says what the answer looks like. Which path leads to a handler is
// template.yaml's business; what every endpoint shares is in package web.
//
// It refuses to decide anything about accounts and to know how they are stored.
package api
