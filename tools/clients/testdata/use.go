package generated

import (
	"context"
	"net/http"
)

// use is what an application does with the client that was generated.
func use(ctx context.Context, server string) (string, error) {
	client, err := NewClientWithResponses(server)
	if err != nil {
		return "", err
	}
	account := Registration{Username: "ann", FirstName: "Ann", LastName: "One", Email: "ann@example.com", Password: "zebra kite moon"}
	registered, err := client.RegisterWithResponse(ctx, account)
	if err != nil || registered.JSON201 == nil {
		return "", err
	}
	login, err := client.LoginWithResponse(ctx, nil, Login{Username: "ann", Password: "zebra kite moon"})
	if err != nil || login.JSON200 == nil {
		return "", err
	}
	me, err := client.GetUserMeWithResponse(ctx, func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+login.JSON200.AccessToken)
		return nil
	})
	if err != nil || me.JSON200 == nil {
		return "", err
	}
	return me.JSON200.Username, nil
}
