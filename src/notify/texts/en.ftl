# English.

account-issued =
    Your request for a level-2 electronic identity account was approved. Activate it in the app within { $days } days. Help: { $hotline }.
    .subject = Your electronic identity account was approved

activation-code =
    { $code } is the code that activates your electronic identity account. Tell it to nobody, officials included.

account-activated =
    Your electronic identity account is active. If this was not you, call { $hotline } at once.
    .subject = Your electronic identity account is active

contact-code =
    { $code } is the code that confirms the new contact of your electronic identity account. Tell it to nobody.
    .subject = Confirm your e-mail address

contact-change-begun =
    A change of the { $what ->
        [phone] phone number
       *[email] e-mail address
    } of your electronic identity account was asked for. If this was not you, call { $hotline } at once.
    .subject = A change of your contact details was asked for

contact-changed =
    The { $what ->
        [phone] phone number
       *[email] e-mail address
    } of your electronic identity account was changed. If this was not you, call { $hotline } at once.
    .subject = Your contact details were changed

old-contact-code =
    { $code } is the code that shows you still have this contact of your electronic identity account, which you want to change. If you do not, call { $hotline }.
    .subject = Confirm that this is still your address

contact-change-asked =
    Another { $what ->
        [phone] phone number
       *[email] e-mail address
    } was asked for your electronic identity account. If it was not you, stop it in the app with { $stop } or call { $hotline }.
    .subject = A change of your contact details was asked for

number-disputed =
    Somebody else says that the phone number of your electronic identity account is theirs. Nothing was changed. Call { $hotline }.
    .subject = Your phone number is disputed

device-changed =
    The device of your electronic identity account was changed or removed. If this was not you, call { $hotline } at once.
    .subject = Your device was changed

device-asked-at-counter =
    Somebody at a counter asks for another device for your electronic identity account. If this is not you, call { $hotline } at once.
    .subject = Another device was asked for

slip-printed =
    Somebody at a counter gets a slip that activates your electronic identity account. If this is not you, call { $hotline } at once.
    .subject = A slip to activate your account

activation-reminder =
    Your electronic identity account is not active yet. Activate it in the app { $left ->
        [0] today, the last day.
        [one] within 1 day.
       *[other] within { $left } days.
    } Help: { $hotline }.
    .subject = Your electronic identity account waits to be activated

account-locked =
    Your electronic identity account is locked. The app says why and what helps. Questions: { $hotline }.
    .subject = Your account is locked

account-unlocked =
    Your electronic identity account is unlocked and can be used again. If you did not expect this, call { $hotline } at once.
    .subject = Your account is unlocked

account-closed =
    Your electronic identity account was closed. If this is wrong, call { $hotline }.
    .subject = Your account was closed

passport-ends =
    Your passport is valid until { $day }. Show a new one at an immigration office before then, or your account will be locked. Help: { $hotline }.
    .subject = Your passport ends soon

residence-ends =
    Your residence term ends on { $day }. Renew it at an immigration office before then, or your account will be locked. Help: { $hotline }.
    .subject = Your residence term ends soon
