from django.contrib.auth.views import LogoutView
from django.urls import path

from sepo_incident.accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("log-ind/", views.SignIn.as_view(), name="sign_in"),
    path("log-af/", LogoutView.as_view(), name="sign_out"),
]
