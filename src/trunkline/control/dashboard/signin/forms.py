from django import forms

LONGEST = 254


class SignInForm(forms.Form):
    name = forms.CharField(max_length=LONGEST, error_messages={"required": "Write the name you were given."})
    password = forms.CharField(
        max_length=1000,
        strip=False,
        error_messages={"required": "Write your password.", "max_length": "That is too long."},
    )


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        max_length=1000, strip=False, error_messages={"required": "Write the password that you want."}
    )
    again = forms.CharField(max_length=1000, strip=False, error_messages={"required": "Write it once more."})

    def clean(self):
        cleaned = super().clean()
        if {"password", "again"} <= cleaned.keys() and cleaned["password"] != cleaned["again"]:
            self.add_error("again", "This is not what you wrote above.")
        return cleaned


class PasswordForm(NewPasswordForm):
    current = forms.CharField(
        max_length=1000, strip=False, error_messages={"required": "Write the password that you have now."}
    )
