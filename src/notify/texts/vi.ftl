# Tiếng Việt. SMS đi không dấu, trừ khi cấu hình carriers.sms_diacritics: dấu được bỏ từ chính những câu này.

account-issued =
    Hồ sơ đăng ký tài khoản định danh điện tử mức độ 2 của bạn đã được phê duyệt. Hãy kích hoạt trên ứng dụng trong { $days } ngày. Hỗ trợ: { $hotline }.
    .subject = Tài khoản định danh điện tử của bạn đã được phê duyệt

activation-code =
    { $code } là mã kích hoạt tài khoản định danh điện tử. Không cho ai biết mã này, kể cả người xưng là cán bộ.

account-activated =
    Tài khoản định danh điện tử của bạn đã được kích hoạt. Nếu không phải bạn, hãy gọi ngay { $hotline }.
    .subject = Tài khoản định danh điện tử của bạn đã được kích hoạt

contact-code =
    { $code } là mã xác nhận thông tin liên hệ mới của tài khoản định danh điện tử. Không cho ai biết mã này.
    .subject = Xác nhận địa chỉ thư điện tử

contact-change-begun =
    Có yêu cầu đổi { $what ->
        [phone] số điện thoại
       *[email] địa chỉ email
    } của tài khoản định danh điện tử. Nếu không phải bạn, hãy gọi ngay { $hotline }.
    .subject = Có yêu cầu đổi thông tin liên hệ

contact-changed =
    Đã đổi { $what ->
        [phone] số điện thoại
       *[email] địa chỉ email
    } của tài khoản định danh điện tử. Nếu không phải bạn, hãy gọi ngay { $hotline }.
    .subject = Thông tin liên hệ đã được đổi

old-contact-code =
    { $code } là mã xác nhận bạn vẫn dùng liên hệ này của tài khoản định danh điện tử và muốn đổi. Nếu không phải bạn, gọi { $hotline }.
    .subject = Xác nhận đây vẫn là địa chỉ của bạn

contact-change-asked =
    Có yêu cầu đổi { $what ->
        [phone] số điện thoại
       *[email] địa chỉ email
    } của tài khoản định danh điện tử. Nếu không phải bạn, nhập { $stop } trong ứng dụng để dừng, hoặc gọi { $hotline }.
    .subject = Có yêu cầu đổi thông tin liên hệ

number-disputed =
    Có người khai số điện thoại của tài khoản định danh điện tử của bạn là của họ. Chưa có gì thay đổi. Hãy gọi { $hotline }.
    .subject = Số điện thoại của bạn đang bị tranh chấp

device-changed =
    Thiết bị của tài khoản định danh điện tử đã được đổi hoặc gỡ bỏ. Nếu không phải bạn, hãy gọi ngay { $hotline }.
    .subject = Thiết bị đã được thay đổi

device-asked-at-counter =
    Có người đang đổi thiết bị của tài khoản bạn tại quầy. Nếu không phải bạn, hãy gọi ngay { $hotline }.
    .subject = Yêu cầu đổi thiết bị tại quầy

slip-printed =
    Có người nhận phiếu kích hoạt tài khoản của bạn tại quầy. Nếu không phải bạn, hãy gọi ngay { $hotline }.
    .subject = Phiếu kích hoạt tài khoản tại quầy

activation-reminder =
    Tài khoản định danh điện tử của bạn chưa được kích hoạt. Hãy kích hoạt trên ứng dụng { $left ->
        [0] trong hôm nay, ngày cuối cùng.
       *[other] trong { $left } ngày tới.
    } Hỗ trợ: { $hotline }.
    .subject = Tài khoản định danh điện tử của bạn chưa được kích hoạt

account-locked =
    Tài khoản định danh điện tử của bạn đang bị khóa. Xem lý do và cách xử lý trên ứng dụng. Hỗ trợ: { $hotline }.
    .subject = Tài khoản của bạn đang bị khóa

account-unlocked =
    Tài khoản định danh điện tử của bạn đã được mở khóa. Nếu bạn không biết việc này, hãy gọi ngay { $hotline }.
    .subject = Tài khoản của bạn đã được mở khóa

account-closed =
    Tài khoản định danh điện tử của bạn đã bị đóng. Nếu có nhầm lẫn, hãy gọi { $hotline }.
    .subject = Tài khoản của bạn đã bị đóng

passport-ends =
    Hộ chiếu của bạn có giá trị đến { $day }. Hãy xuất trình hộ chiếu mới tại cơ quan xuất nhập cảnh trước ngày đó, nếu không tài khoản sẽ bị khóa.
    .subject = Hộ chiếu của bạn sắp hết hạn

residence-ends =
    Thời hạn cư trú của bạn đến { $day }. Hãy gia hạn tại cơ quan xuất nhập cảnh trước ngày đó, nếu không tài khoản sẽ bị khóa.
    .subject = Thời hạn cư trú của bạn sắp hết
