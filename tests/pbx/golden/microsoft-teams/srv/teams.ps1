# Microsoft Teams behind an SBC on sip.example.net: run after Connect-MicrosoftTeams, once the SBC answers at its name
New-CsOnlinePSTNGateway -Fqdn 'SBC-NAME' `
  -SipSignalingPort 5067 `
  -ForwardCallHistory $true `
  -ForwardPai $false `
  -SendSipOptions $true `
  -FailoverTimeSeconds 10 `
  -Enabled $true
Set-CsOnlinePstnUsage -Identity Global -Usage @{Add = 'Trunk'}
New-CsOnlineVoiceRoute -Identity 'Trunk' -NumberPattern '^\+[1-9][0-9]{6,14}$' `
  -OnlinePstnGatewayList 'SBC-NAME' -OnlinePstnUsages 'Trunk'
New-CsOnlineVoiceRoutingPolicy 'Trunk' -OnlinePstnUsages 'Trunk'
# The numbers that calls show and arrive at, each with its user:
# Set-CsPhoneNumberAssignment -Identity 'USER1' -PhoneNumber '+447700900000' -PhoneNumberType DirectRouting
# Grant-CsOnlineVoiceRoutingPolicy -Identity 'USER1' -PolicyName 'Trunk'
# Set-CsPhoneNumberAssignment -Identity 'USER2' -PhoneNumber '+447700900001' -PhoneNumberType DirectRouting
# Grant-CsOnlineVoiceRoutingPolicy -Identity 'USER2' -PolicyName 'Trunk'
