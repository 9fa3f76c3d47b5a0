package ses

import (
	"errors"

	"roster/shared/mail"
)

// kindOf returns the kind of an error of the SDK. The codes are from SendEmail in
// the SES v2 API Reference, and from AWS's common errors.
func kindOf(err error) error {
	var api interface{ ErrorCode() string }
	if !errors.As(err, &api) {
		return mail.ErrTemporary // SES has not answered: a network failure or a timeout
	}
	switch api.ErrorCode() {
	case "MessageRejected", "BadRequestException":
		return mail.ErrRejected
	case "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException",
		"AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired",
		"InvalidSignatureException", "SignatureDoesNotMatch", "ExpiredTokenException", "MissingAuthenticationTokenException":
		return mail.ErrSetup
	default: // TooManyRequestsException, LimitExceededException, outages, and codes that AWS may add
		return mail.ErrTemporary
	}
}
