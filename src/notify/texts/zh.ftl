# 简体中文

account-issued =
    您的二级电子身份账户申请已获批准。请在{ $days }天内通过应用程序激活。热线：{ $hotline }。
    .subject = 您的电子身份账户申请已获批准

activation-code =
    { $code }是您的电子身份账户激活码。请勿告诉任何人，包括自称官员的人。

account-activated =
    您的电子身份账户已激活。如非本人操作，请立即致电{ $hotline }。
    .subject = 您的电子身份账户已激活

contact-code =
    { $code }是确认电子身份账户新联系方式的验证码。请勿告诉任何人。
    .subject = 请确认您的电子邮箱

contact-change-begun =
    有人申请更改您电子身份账户的{ $what ->
        [phone] 手机号码
       *[email] 电子邮箱
    }。如非本人操作，请立即致电{ $hotline }。
    .subject = 有人申请更改您的联系方式

contact-changed =
    您电子身份账户的{ $what ->
        [phone] 手机号码
       *[email] 电子邮箱
    }已更改。如非本人操作，请立即致电{ $hotline }。
    .subject = 您的联系方式已更改

old-contact-code =
    { $code }是确认您仍在使用电子身份账户原联系方式的验证码。如非本人操作，请致电{ $hotline }。
    .subject = 请确认这仍是您的邮箱

contact-change-asked =
    有人申请更改您电子身份账户的{ $what ->
        [phone] 手机号码
       *[email] 电子邮箱
    }。如非本人操作，请在应用中输入{ $stop }停止，或致电{ $hotline }。
    .subject = 有人申请更改您的联系方式

number-disputed =
    有人称您电子身份账户的手机号码属于他本人。目前没有任何更改。请致电{ $hotline }。
    .subject = 您的手机号码存在争议

device-changed =
    您电子身份账户的设备已更改或移除。如非本人操作，请立即致电{ $hotline }。
    .subject = 您的设备已更改

device-asked-at-counter =
    有人正在窗口申请更换您电子身份账户的设备。如非本人，请立即致电{ $hotline }。
    .subject = 窗口申请更换设备

slip-printed =
    有人正在柜台领取您电子身份账户的激活单。如非本人操作，请立即致电 { $hotline }。
    .subject = 柜台领取激活单

activation-reminder =
    您的电子身份账户尚未激活。{ $left ->
        [0] 今天是最后一天，请通过应用程序激活。
       *[other] 请在{ $left }天内通过应用程序激活。
    }热线：{ $hotline }。
    .subject = 您的电子身份账户尚未激活

account-locked =
    您的电子身份账户已被锁定。原因和解决办法请见应用程序。热线：{ $hotline }。
    .subject = 您的账户已被锁定

account-unlocked =
    您的电子身份账户已解锁，可继续使用。如非您所知，请立即致电{ $hotline }。
    .subject = 您的账户已解锁

account-closed =
    您的电子身份账户已关闭。如有误，请致电{ $hotline }。
    .subject = 您的账户已关闭

passport-ends =
    您的护照有效期至{ $day }。请在此之前到出入境管理机关出示新护照，否则账户将被锁定。
    .subject = 您的护照即将到期

residence-ends =
    您的居留期限至{ $day }。请在此之前到出入境管理机关办理延期，否则账户将被锁定。
    .subject = 您的居留期限即将届满
