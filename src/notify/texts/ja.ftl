# 日本語

account-issued =
    レベル2電子身分アカウントの申請が承認されました。{ $days }日以内にアプリで有効化してください。問合せ：{ $hotline }
    .subject = 電子身分アカウントの申請が承認されました

activation-code =
    { $code }は電子身分アカウントを有効化するコードです。職員を名乗る人にも教えないでください。

account-activated =
    電子身分アカウントが有効化されました。心当たりがない場合は、すぐに{ $hotline }へお電話ください。
    .subject = 電子身分アカウントが有効化されました

contact-code =
    { $code }は電子身分アカウントの新しい連絡先の確認コードです。誰にも教えないでください。
    .subject = メールアドレスの確認

contact-change-begun =
    電子身分アカウントの{ $what ->
        [phone] 電話番号
       *[email] メールアドレス
    }の変更が申請されました。心当たりがない場合は、すぐに{ $hotline }へお電話ください。
    .subject = 連絡先の変更が申請されました

contact-changed =
    電子身分アカウントの{ $what ->
        [phone] 電話番号
       *[email] メールアドレス
    }が変更されました。心当たりがない場合は、すぐに{ $hotline }へお電話ください。
    .subject = 連絡先が変更されました

old-contact-code =
    { $code }は、変更前の連絡先を今もお使いであることを確認するコードです(電子身分アカウント)。心当たりがない場合は{ $hotline }へ。
    .subject = 現在の連絡先の確認

contact-change-asked =
    電子身分アカウントの{ $what ->
        [phone] 電話番号
       *[email] メールアドレス
    }の変更が申請されました。心当たりがない場合は、アプリで{ $stop }を入力して止めるか{ $hotline }へ。
    .subject = 連絡先の変更が申請されました

number-disputed =
    あなたの電子身分アカウントの電話番号を自分のものと申し出た人がいます。まだ何も変わっていません。{ $hotline }へお電話ください。
    .subject = 電話番号について申し出がありました

device-changed =
    電子身分アカウントの端末が変更または解除されました。心当たりがない場合は、すぐに{ $hotline }へお電話ください。
    .subject = 端末が変更されました

device-asked-at-counter =
    窓口で電子身分アカウントの端末変更が申請されています。心当たりがない場合は、すぐに{ $hotline }へお電話ください。
    .subject = 窓口での端末変更の申請

slip-printed =
    窓口であなたの電子身分証アカウントの有効化票が発行されています。心当たりがなければすぐに{ $hotline }へお電話ください。
    .subject = 窓口での有効化票の発行

activation-reminder =
    電子身分アカウントがまだ有効化されていません。{ $left ->
        [0] 本日が最終日です。アプリで有効化してください。
       *[other] { $left }日以内にアプリで有効化してください。
    }問合せ：{ $hotline }
    .subject = 電子身分アカウントがまだ有効化されていません
