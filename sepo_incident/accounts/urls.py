from django.urls import path

from sepo_incident.accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("log-ind/", views.SignIn.as_view(), name="sign_in"),
    path("log-af/", views.SignOut.as_view(), name="sign_out"),
    path("se-som/stop/", views.stop_viewing, name="stop_viewing"),
]
