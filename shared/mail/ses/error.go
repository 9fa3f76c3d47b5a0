package ses

import (
	"errors"

	"roster/shared/mail"
)

// kind sorts an error of the SDK. The codes are those of SendEmail in the SES v2
// API Reference and of AWS's common errors.
func kindOf(err error) error {
	var api interface{ ErrorCode() string }
	if !errors.As(err, &api) {
		return mail.ErrTemporary // no answer of SES at all: network, time limit
	}
	switch api.ErrorCode() {
	case "MessageRejected", "BadRequestException":
		return mail.ErrRejected
	case "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException",
		"AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired",
		"InvalidSignatureException", "SignatureDoesNotMatch", "ExpiredTokenException", "MissingAuthenticationTokenException":
		return mail.ErrSetup
	default: // TooManyRequestsException, LimitExceededException, outages, and what AWS adds one day
		return mail.ErrTemporary
	}
}
