package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"roster/shared/web"
)

// The route decides: below an API mapping such as /auth the path begins otherwise.
func TestLegacyPathsAreServedOnlyWhenTheyAreOn(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, test := range []struct {
		served        bool
		pattern, path string
		want          int
	}{
		{false, "POST /user/login", "/user/login", http.StatusNotFound},
		{false, "POST /user/login", "/auth/user/login", http.StatusNotFound},
		{false, "GET /user/{username}", "/user/ann", http.StatusNotFound},
		{false, "POST /api/user/login", "/api/user/login", http.StatusTeapot},
		{false, "GET /api/user/{username}", "/user/api/user/ann", http.StatusTeapot}, // an API mapping with the key user
		{true, "POST /user/login", "/user/login", http.StatusTeapot},
		{true, "GET /user/{username}", "/user/ann", http.StatusTeapot},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		r.Pattern = test.pattern
		w := httptest.NewRecorder()
		web.LegacyPaths(test.served, next).ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%+v is answered %d", test, w.Code)
		}
	}
}
