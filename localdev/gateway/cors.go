package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Cors is the CORS configuration of an HTTP API. API Gateway then answers each
// preflight itself and writes the headers of all other answers, whatever the
// function answers. It allows no credentials: Roster has no cookies, and a browser
// sends none with a token.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
type Cors struct {
	// Origins are the allowed origins. A * in place of a port, as in
	// http://localhost:*, allows every port. API Gateway has no such form.
	Origins                              []string
	Methods, AllowHeaders, ExposeHeaders []string
	MaxAge                               int // seconds
}

// Handler answers preflights and adds the headers to what next answers. Without
// origins it is next.
func (c Cors) Handler(next http.Handler) http.Handler {
	if len(c.Origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		isPreflight := r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != ""
		answer := &corsWriter{ResponseWriter: w, set: func(h http.Header) { c.setHeaders(h, origin, isPreflight) }}
		if isPreflight {
			answer.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(answer, r)
	})
}

func (c Cors) setHeaders(h http.Header, origin string, isPreflight bool) {
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			h.Del(name)
		}
	}
	h.Add("Vary", "Origin") // a cache must not give one origin's answer to another
	if !c.allows(origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if !isPreflight {
		h.Set("Access-Control-Expose-Headers", strings.Join(c.ExposeHeaders, ","))
		return
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ","))
	h.Set("Access-Control-Allow-Headers", strings.Join(c.AllowHeaders, ","))
	h.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
}

// corsWriter sets the headers last, over those of the function.
type corsWriter struct {
	http.ResponseWriter
	set func(http.Header)
}

func (w *corsWriter) WriteHeader(status int) {
	w.set(w.Header())
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *corsWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (c Cors) allows(origin string) bool {
	return slices.ContainsFunc(c.Origins, func(allowed string) bool {
		prefix, anyPort := strings.CutSuffix(allowed, "*")
		port, isPrefixed := strings.CutPrefix(origin, prefix)
		if !anyPort || !isPrefixed {
			return allowed == origin
		}
		_, err := strconv.ParseUint(port, 10, 16)
		return err == nil
	})
}
