from django.urls import path

from sepo_incident.accounts import sign_in

urlpatterns = [
    path("", sign_in.redirect_to_front_page, name="home"),
    path("log-ind/", sign_in.SignInView.as_view(), name="sign_in"),
    path("log-af/", sign_in.SignOutView.as_view(), name="sign_out"),
    path("se-som/stop/", sign_in.stop_impersonation, name="stop_impersonation"),
]
