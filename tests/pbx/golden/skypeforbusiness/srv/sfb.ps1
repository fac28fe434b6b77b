# Skype for Business with Oracle E-SBC on sip.example.net: run in the Skype for Business Server Management Shell, once the topology is published
$gateway = 'Service:PstnGateway:SBC-INSIDE-ADDRESS'
New-CsTrunkConfiguration -Identity $gateway `
  -SRTPMode NotSupported `
  -EnableReferSupport $false `
  -EnableSessionTimer $false `
  -RTCPActiveCalls $true `
  -RTCPCallsOnHold $false `
  -EnableBypass $false `
  -ConcentratedTopology $true `
  -EnableRTPLatching $false `
  -ForwardCallHistory $true `
  -ForwardPAI $true `
  -EnableFastFailoverTimer $true `
  -RemovePlusFromUri $false `
  -MaxEarlyDialogs 20
Set-CsPstnUsage -Identity Global -Usage @{Add = 'Trunk'}
New-CsVoiceRoute -Identity 'Trunk' -NumberPattern '^\+[1-9][0-9]{6,14}$' -PstnUsages @{Add = 'Trunk'} `
  -PstnGatewayList @{Add = "PstnGateway:SBC-INSIDE-ADDRESS"}
New-CsVoicePolicy -Identity 'Trunk' -PstnUsages @{Add = 'Trunk'}
# The number that calls show, and the numbers that calls arrive at, each with its user:
# Set-CsUser -Identity 'USER1' -EnterpriseVoiceEnabled $true -LineURI 'tel:+447700900000'
# Set-CsUser -Identity 'USER2' -EnterpriseVoiceEnabled $true -LineURI 'tel:+447700900001'
