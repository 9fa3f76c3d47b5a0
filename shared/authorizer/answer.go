package authorizer

import "github.com/aws/aws-lambda-go/events"

// bearer is whose token it was.
type subject struct{ sub, username, role, sid string }

// context is what the API behind is told. Its values are strings: an API in
// payload format 1.0 takes neither lists nor objects, and turns all else into
// strings.
func (b subject) context() map[string]any {
	return map[string]any{"sub": b.sub, "username": b.username, "role": b.role, "sid": b.sid}
}

// allow is the answer that lets the request through: for payload format 2.0 the
// simple one, which the API must have enabled, else an IAM policy.
//
// The policy is for the whole stage of the API. API Gateway keeps it by the
// token, for 300 seconds if it is told nothing else, and would refuse with one
// for this method alone each other that the caller asks for next.
func (q gatewayEvent) allowResponse(who subject) any {
	if q.stage == "" {
		return events.APIGatewayV2CustomAuthorizerSimpleResponse{IsAuthorized: true, Context: who.context()}
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: who.sub,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{
				{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{q.stage + "/*"}},
			},
		},
		Context: who.context(),
	}
}
