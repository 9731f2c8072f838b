# 한국어

account-issued =
    2단계 전자신분 계정 신청이 승인되었습니다. { $days }일 안에 앱에서 활성화해 주세요. 문의: { $hotline }
    .subject = 전자신분 계정 신청이 승인되었습니다

activation-code =
    { $code }: 전자신분 계정 활성화 코드입니다. 공무원이라고 하는 사람에게도 알려 주지 마세요.

account-activated =
    전자신분 계정이 활성화되었습니다. 본인이 아니면 즉시 { $hotline }(으)로 전화하세요.
    .subject = 전자신분 계정이 활성화되었습니다

contact-code =
    { $code }: 전자신분 계정의 새 연락처 확인 코드입니다. 아무에게도 알려 주지 마세요.
    .subject = 이메일 주소 확인

contact-change-begun =
    전자신분 계정의 { $what ->
        [phone] 전화번호
       *[email] 이메일 주소
    } 변경이 요청되었습니다. 본인이 아니면 즉시 { $hotline }(으)로 전화하세요.
    .subject = 연락처 변경이 요청되었습니다

contact-changed =
    전자신분 계정의 { $what ->
        [phone] 전화번호
       *[email] 이메일 주소
    } 변경이 완료되었습니다. 본인이 아니면 즉시 { $hotline }(으)로 전화하세요.
    .subject = 연락처가 변경되었습니다

old-contact-code =
    { $code }: 전자신분 계정에서 변경할 기존 연락처를 아직 사용 중임을 확인하는 코드입니다. 본인이 아니면 { $hotline }.
    .subject = 기존 연락처 확인

contact-change-asked =
    전자신분 계정의 { $what ->
        [phone] 전화번호
       *[email] 이메일 주소
    } 변경이 요청되었습니다. 본인이 아니면 앱에 { $stop } 입력 또는 { $hotline }.
    .subject = 연락처 변경이 요청되었습니다

number-disputed =
    다른 사람이 귀하의 전자신분 계정 전화번호가 자신의 것이라고 신고했습니다. 변경된 것은 없습니다. { $hotline }(으)로 전화하세요.
    .subject = 전화번호에 대한 이의가 접수되었습니다

device-changed =
    전자신분 계정의 기기가 변경 또는 해제되었습니다. 본인이 아니면 즉시 { $hotline }(으)로 전화하세요.
    .subject = 기기가 변경되었습니다

device-asked-at-counter =
    창구에서 전자신분 계정의 기기 변경을 신청하고 있습니다. 본인이 아니면 즉시 { $hotline }(으)로 전화하세요.
    .subject = 창구 기기 변경 신청

slip-printed =
    창구에서 회원님의 전자신분 계정 활성화 용지를 받고 있습니다. 본인이 아니면 즉시 { $hotline }로 전화하세요.
    .subject = 창구에서 활성화 용지 발급

activation-reminder =
    전자신분 계정이 아직 활성화되지 않았습니다. { $left ->
        [0] 오늘이 마지막 날입니다. 앱에서 활성화해 주세요.
       *[other] { $left }일 안에 앱에서 활성화해 주세요.
    } 문의: { $hotline }
    .subject = 전자신분 계정이 아직 활성화되지 않았습니다

account-locked =
    전자신분 계정이 잠겼습니다. 이유와 해결 방법은 앱에서 확인하세요. 문의: { $hotline }
    .subject = 계정이 잠겼습니다

account-unlocked =
    전자신분 계정의 잠금이 해제되었습니다. 모르는 일이면 즉시 { $hotline }로 전화하세요.
    .subject = 계정 잠금이 해제되었습니다

account-closed =
    전자신분 계정이 폐쇄되었습니다. 착오라면 { $hotline }로 전화하세요.
    .subject = 계정이 폐쇄되었습니다

passport-ends =
    여권이 { $day }까지 유효합니다. 그 전에 출입국 기관에서 새 여권을 제시하지 않으면 계정이 잠깁니다.
    .subject = 여권 만료 예정

residence-ends =
    체류 기간이 { $day }에 끝납니다. 그 전에 출입국 기관에서 연장하지 않으면 계정이 잠깁니다.
    .subject = 체류 기간 만료 예정
