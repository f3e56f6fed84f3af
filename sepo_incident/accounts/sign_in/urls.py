"""URLs of signing in and out. django-allauth finds its pages by the names that begin with `account_`."""

from django.urls import path

from sepo_incident.accounts.sign_in import views

urlpatterns = [
    path("", views.redirect_to_front_page, name="home"),
    path("log-ind/kode/", views.confirm_code, name="account_confirm_login_code"),
    path("log-ind/forfra/", views.begin_again, name="begin_sign_in_again"),
    path("log-ind/adgangskode/", views.PasswordView.as_view(), name="account_login"),
    path("log-af/", views.sign_out, name="sign_out"),
    path("se-som/stop/", views.stop_impersonation, name="stop_impersonation"),
]
