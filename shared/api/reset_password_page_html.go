package api

const (
	formTitle       = "Choose a new password"
	doneTitle       = "Your password has been changed"
	brokenLinkTitle = "This link does not work"

	// The password managers of browsers keep the new password under the name in
	// the field that nobody sees.
	formHTML = `<form method="post" action="reset_password">
{account}<input type="hidden" name="token" value="{token}">
<div class="field{wrong}">
<label for="new_password">New password</label>
<p class="hint" id="hint">At least {minLength} characters. A few words in a row are easy to remember.</p>
{problem}<div class="inset"><input id="new_password" name="new_password" type="password" autocomplete="new-password" minlength="{minLength}" required spellcheck="false" autocapitalize="none" aria-describedby="{described}hint"{invalid}>
<button type="button" data-shows="new_password,repeat_password" aria-label="Show the passwords" aria-pressed="false" hidden>Show</button></div>
</div>
<div class="field{repeatWrong}">
<label for="repeat_password">New password, once more</label>
{repeatProblem}<input id="repeat_password" name="repeat_password" type="password" autocomplete="new-password" required{repeatInvalid}>
</div>
<button>Change the password</button>
</form>
<p class="after">Wherever you are logged in now, you will be logged out.</p>
`
	accountHTML = `<p>For the account <strong>{username}</strong></p>
<input class="unseen" name="username" autocomplete="username" value="{username}" readonly tabindex="-1" aria-hidden="true">
`
	problemHTML = `<p class="error" id="{id}">{reason}</p>
`
	doneHTML = `<p>You can log in with it now. Wherever you were logged in before, you have been logged out.</p>
`
	brokenLinkHTML = `<p>This link has been used or is out of date: it works once, for 30 minutes. Or a part of it is missing.</p>
`
)
