package api

import "roster/shared/user"

// accessAnswer and refreshAnswer have the members of RFC 6749 §5.1.
type accessAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

type refreshAnswer struct {
	accessAnswer
	RefreshToken string `json:"refresh_token"`
}

func accessAnswerOf(t user.Tokens) accessAnswer {
	return accessAnswer{t.AccessToken, "Bearer", int(t.ExpiresIn.Seconds())}
}

func refreshAnswerOf(t user.Tokens) refreshAnswer {
	return refreshAnswer{accessAnswerOf(t), t.RefreshToken}
}
